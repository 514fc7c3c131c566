import { applyFieldOverrides, createTheme, FieldColorModeId, standardEditorsRegistry, type DataFrame, type TimeRange } from '@grafana/data';
import { config } from '@grafana/runtime';
import { GraphGradientMode, LegendDisplayMode, TooltipDisplayMode, SortOrder, type GraphFieldConfig } from '@grafana/schema';
import { TimeSeries, TooltipPlugin, useTheme2, ZoomPlugin } from '@grafana/ui';
import React, { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { HoverPlugin } from './hover';
import { MarksPlugin } from './MarksPlugin';

interface Props {
  frames: DataFrame[];
  range: TimeRange;
  height: number;
  /** Bars of counts keep the colours and the look that came with them. */
  own?: boolean;
  label: string;
  /** Times of annotations, in ms since 1970. */
  marks?: number[];
  onZoom(range: { from: number; to: number }): void;
}

/** A time series graph with Grafana's own drawing; dragging zooms. */
export function Graph({ frames, range, height, own, label, marks, onZoom }: Props) {
  const theme = useTheme2();
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const ready = useMemo(() => prepare(frames, own === true, theme), [frames, own, theme]);
  return (
    <div ref={box} style={{ height }} role="figure" aria-label={label}>
      {width > 0 && ready.length > 0 && (
        <TimeSeries frames={ready} structureRev={ready.length} width={width} height={height} timeRange={range} timeZone="browser" legend={{ displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true, calcs: [] }}>
          {(builder, aligned) => (
            <>
              <ZoomPlugin config={builder} onZoom={onZoom} />
              {marks && <MarksPlugin config={builder} times={marks} />}
              <HoverPlugin config={builder} intervalMs={ready[0].fields[0]?.config.interval ?? 0} />
              <TooltipPlugin config={builder} data={aligned} frames={ready} mode={TooltipDisplayMode.Multi} sortOrder={SortOrder.Descending} timeZone="browser" />
            </>
          )}
        </TimeSeries>
      )}
    </div>
  );
}

function prepare(frames: DataFrame[], own: boolean, theme: ReturnType<typeof createTheme>): DataFrame[] {
  const lines: GraphFieldConfig = { lineWidth: 1.5, fillOpacity: 12, gradientMode: GraphGradientMode.Opacity, spanNulls: 5 * 60_000 };
  const palette = theme.visualization.palette;
  // Bars stand on zero, as in Explore: bars cut off below look like smaller ones.
  const colored = frames.map((frame, index) => {
    const color = { mode: FieldColorModeId.Fixed, fixedColor: palette[index % palette.length] };
    const fields = frame.fields.map((field) => ({ ...field, state: undefined, config: own ? { ...field.config, min: 0 } : { ...field.config, color, custom: { ...lines, ...field.config.custom } } }));
    return { ...frame, fields };
  });
  return applyFieldOverrides({
    data: colored,
    fieldConfig: { defaults: {}, overrides: [] },
    replaceVariables: (text) => text,
    theme: theme ?? config.theme2,
    timeZone: 'browser',
    fieldConfigRegistry: standardEditorsRegistry as never,
  });
}
