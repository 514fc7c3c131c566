// Runs the command from a checkout: installs and builds what is missing, then hands over with the same arguments.
import { ensureBackend } from './ensure.mjs';
import { launch } from './launch.mjs';

ensureBackend();
launch(process.argv.slice(2));
