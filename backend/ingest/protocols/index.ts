import type { Protocol } from '../protocol';
import { lokiJson } from './lokiJson';
import { lokiLegacy } from './lokiLegacy';
import { lokiProtobuf } from './lokiProtobuf';

/** Every wire format of log pushes; the first that accepts a request decodes it. */
export const protocols: readonly Protocol[] = [lokiJson, lokiLegacy, lokiProtobuf];
