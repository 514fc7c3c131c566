// Runs the command from a checkout: installs and builds what is missing, then hands over with the same arguments.
import { spawn } from 'node:child_process';
import { ensureBackend } from './ensure.mjs';

ensureBackend();
const child = spawn(process.execPath, ['--enable-source-maps', 'backend/dist/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
