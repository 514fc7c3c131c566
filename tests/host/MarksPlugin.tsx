import type { UPlotConfigBuilder } from '@grafana/ui';
import { useLayoutEffect, useRef } from 'react';
import type uPlot from 'uplot';

/** Draws annotations as dashed lines over a graph. */
export function MarksPlugin({ config, times }: { config: UPlotConfigBuilder; times: number[] }): null {
  const latest = useRef(times);
  const plot = useRef<uPlot | undefined>(undefined);
  useLayoutEffect(() => {
    config.addHook('init', (created) => {
      plot.current = created;
    });
    config.addHook('draw', ({ ctx, bbox, valToPos }) => {
      ctx.save();
      ctx.strokeStyle = 'rgba(255, 80, 80, 0.8)';
      ctx.setLineDash([4, 4]);
      for (const time of latest.current) {
        const x = Math.round(valToPos(time, 'x', true));
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    });
  }, [config]);
  useLayoutEffect(() => {
    latest.current = times;
    plot.current?.redraw(false);
  }, [times]);
  return null;
}
