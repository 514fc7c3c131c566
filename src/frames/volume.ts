import { FieldColorModeId, FieldType, type AbsoluteTimeRange, type DataFrame, type FieldConfig } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import type { MatrixData, QueryResponse } from '../wire';
import { grafanaLevel, levelColors, levelOrder, type GrafanaLevel } from './levels';
import { numberOf } from './metrics';

export interface VolumeFrameOptions {
  refId: string;
  range: AbsoluteTimeRange;
  datasourceName: string;
  sourceQuery: DataQuery;
  stepMs: number;
}

/** Grafana's `LogsVolumeType.FullRange`; written out because Grafana 10.1 exports it only as a type. */
const fullRange = 'FullRange';
/** `BarAlignment.After` of @grafana/schema: a bar is drawn to the right of its point. */
const barBehindPoint = 1;

/**
 * A count by level as the histogram of Explore: one frame per level, series whose levels mean the same added up. The server gives a count
 * under the end of the time it counts, which for the newest lines lies behind the range, where Explore draws nothing; here a bar stands
 * over its time, and its point is where that begins.
 */
export function volumeFrames(response: QueryResponse & { data: MatrixData }, options: VolumeFrameOptions): DataFrame[] {
  const byLevel = new Map<GrafanaLevel, Map<number, number>>();
  for (const { metric, values } of response.data.result) {
    const level = volumeLevel(metric);
    for (const [seconds, text] of values) {
      const endMs = Math.round(seconds * 1000);
      if (endMs > options.range.from) {
        const counts = byLevel.get(level) ?? new Map<number, number>();
        byLevel.set(level, counts);
        const beginMs = endMs - options.stepMs;
        counts.set(beginMs, (counts.get(beginMs) ?? 0) + numberOf(text));
      }
    }
  }
  return levelOrder.filter((level) => byLevel.has(level)).map((level) => levelFrame(level, byLevel.get(level)!, byLevel.size === 1, options));
}

/** The level a counted series is of, by our own label or by those of a Loki. */
export function volumeLevel(labels: Record<string, string>): GrafanaLevel {
  const named = ['__level__', 'level', 'detected_level'].map((name) => grafanaLevel(labels[name])).find((level) => level && level !== 'unknown');
  return named ?? 'unknown';
}

function levelFrame(level: GrafanaLevel, counts: Map<number, number>, only: boolean, options: VolumeFrameOptions): DataFrame {
  const points = [...counts].sort(([a], [b]) => a - b);
  const name = level === 'unknown' && only ? 'logs' : level;
  return {
    refId: options.refId,
    name,
    length: points.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: { interval: options.stepMs }, values: points.map(([ms]) => ms) },
      { name: 'Value', type: FieldType.number, labels: { level }, config: barConfig(name, levelColors[level]), values: points.map(([, count]) => count) },
    ],
    meta: {
      custom: {
        absoluteRange: options.range,
        logsVolumeType: fullRange,
        datasourceName: options.datasourceName,
        sourceQuery: options.sourceQuery,
      },
    },
  };
}

function barConfig(name: string, color: string): FieldConfig {
  return {
    displayNameFromDS: name,
    color: { mode: FieldColorModeId.Fixed, fixedColor: color },
    custom: {
      drawStyle: 'bars',
      barAlignment: barBehindPoint,
      lineColor: color,
      pointColor: color,
      fillColor: color,
      lineWidth: 1,
      fillOpacity: 100,
      stacking: { mode: 'normal', group: 'A' },
    },
  };
}
