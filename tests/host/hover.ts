import { css } from '@emotion/css';
import type { UPlotConfigBuilder } from '@grafana/ui';
import { useLayoutEffect } from 'react';
import { Subject } from 'rxjs';
import type uPlot from 'uplot';

/** A time under the pointer and how long a point of the graph lasts; undefined when the pointer has left. */
type Hovered = { time: number; intervalMs: number } | undefined;

/** Where the pointer is in time: lines and graphs of both panes tell each other. */
export const hoveredLine = new Subject<Hovered>();
export const hoveredGraph = new Subject<Hovered>();

interface Props {
  config: UPlotConfigBuilder;
  /** Time between two points, 0 when not known. */
  intervalMs: number;
}

/** Tells the lines the time under the pointer, and shows the time of the line under the pointer. */
export function HoverPlugin({ config, intervalMs }: Props): null {
  useLayoutEffect(() => {
    let plot: uPlot | undefined;
    const mark = document.createElement('div');
    mark.className = markStyle;
    mark.dataset.testid = 'hovered line';
    config.addHook('init', (created) => {
      plot = created;
      plot.over.appendChild(mark);
    });
    config.addHook('setCursor', ({ cursor, data, over }) => {
      const time = cursor.idx === null || cursor.idx === undefined ? undefined : data[0][cursor.idx];
      if (over.matches(':hover')) {
        hoveredGraph.next(time === undefined ? undefined : { time, intervalMs });
      }
    });
    const leave = () => hoveredGraph.next(undefined);
    config.addHook('ready', ({ over }) => over.addEventListener('mouseleave', leave));
    const lines = hoveredLine.subscribe((at) => {
      const left = at && plot ? plot.valToPos(at.time, 'x') : -1;
      mark.style.display = plot && left >= 0 && left <= plot.over.clientWidth ? 'block' : 'none';
      mark.style.left = `${left}px`;
    });
    return () => lines.unsubscribe();
  }, [config, intervalMs]);
  return null;
}

const markStyle = css({ position: 'absolute', top: 0, bottom: 0, width: 0, borderLeft: '1px dashed currentColor', opacity: 0.7, pointerEvents: 'none', display: 'none' });
