// `npm start`: installs and builds what is missing, then runs server and agent in one process. Arguments go to `binocle up`.
import { ensureBackend, ensurePlugin } from './ensure.mjs';

ensureBackend();
ensurePlugin();
process.argv.splice(2, 0, 'up');
await import('../backend/dist/main.js');
