import type { Pipeline, StreamPipeline } from '../../pipeline/pipeline';
import type { Chunk } from '../../store/store';

/** Streams whose pipelines are kept, a kilobyte each; a query over more makes them again. */
const streamPipelinesMax = 4_000;

/** One pipeline's halves by stream. */
export class StreamPipelines {
  private readonly byStream = new Map<string, StreamPipeline>();

  constructor(private readonly pipeline: Pipeline) {}

  get(chunk: Chunk): StreamPipeline {
    let stream = this.byStream.get(chunk.streamId);
    if (!stream) {
      if (this.byStream.size >= streamPipelinesMax) {
        this.byStream.clear();
      }
      stream = this.pipeline.forStream(chunk.stream);
      this.byStream.set(chunk.streamId, stream);
    }
    return stream;
  }
}
