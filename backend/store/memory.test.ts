import { runStoreContract } from './contract';
import { MemoryStore } from './memory';

runStoreContract('memory', { open: async (options) => new MemoryStore(options) });
