import type { Protocol } from '../protocol';
import { elasticBulk } from './elasticBulk';
import { lokiJson } from './lokiJson';
import { lokiLegacy } from './lokiLegacy';
import { lokiProtobuf } from './lokiProtobuf';
import { otlp } from './otlp';

/** Every wire format of log pushes; the first that accepts a request decodes it. */
export const protocols: readonly Protocol[] = [lokiJson, lokiLegacy, lokiProtobuf, otlp, elasticBulk];
