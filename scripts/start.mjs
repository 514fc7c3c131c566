// `npm start`: installs and builds what is missing, then runs server and agent in one process. Arguments go to `binocle up`.
import { ensureBackend, ensurePlugin } from './ensure.mjs';
import { launch } from './launch.mjs';

ensureBackend();
ensurePlugin();
launch(['up', ...process.argv.slice(2)]);
