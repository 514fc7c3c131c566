/** Words for what the ranking found. */

export interface Finding {
  metric: Record<string, string>;
  lagMs: number;
  rho: number;
  /** The metric goes down when the target goes up. */
  falls: boolean;
  significant: boolean;
  asRate: boolean;
  /** How many other series show the same movement. */
  family: number;
  targetName: string;
}

/** Labels shown in a sentence; more would hide the sentence. */
const labelsShownMax = 4;

/** `node_load1{instance=web1:9100}`: the name and the labels, for reading. */
export function seriesName(metric: Record<string, string>): string {
  const labels = Object.keys(metric).filter((name) => name !== '__name__').sort();
  const shown = labels.slice(0, labelsShownMax).map((name) => `${name}=${metric[name]}`);
  const more = labels.length > labelsShownMax ? ', ...' : '';
  const name = metric.__name__ ?? '';
  return labels.length > 0 ? `${name}{${shown.join(', ')}${more}}` : name || '{}';
}

/** `40 s`, `5 min`, `2 h`. */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  const short = (value: number) => String(Number(value.toFixed(1)));
  if (size < 1_000) {
    return `${size} ms`;
  }
  if (size < 120_000) {
    return `${short(size / 1_000)} s`;
  }
  return size < 7_200_000 ? `${short(size / 60_000)} min` : `${short(size / 3_600_000)} h`;
}

/** How closely two series move together, by the size of their rank correlation, as a word: its sign is told by "rose" and "fell". */
export function agreement(rho: number): 'very strong' | 'strong' | 'moderate' | 'weak' {
  const size = Math.abs(rho);
  if (size >= 0.8) {
    return 'very strong';
  }
  if (size >= 0.6) {
    return 'strong';
  }
  return size >= 0.4 ? 'moderate' : 'weak';
}

/** The size of a rank correlation as it is shown: `0.92`. */
export function agreementSize(rho: number): string {
  return Math.abs(rho).toFixed(2);
}

/** One sentence: "node_load1{instance=web1:9100} rose 40 s before the errors, very strong agreement (0.92 of 1)". */
export function explain(finding: Finding): string {
  const name = finding.asRate ? `rate of ${seriesName(finding.metric)}` : seriesName(finding.metric);
  const verb = finding.falls ? 'fell' : 'rose';
  const when = finding.lagMs === 0
    ? `together with ${finding.targetName}`
    : `${durationText(finding.lagMs)} ${finding.lagMs < 0 ? 'before' : 'after'} ${finding.targetName}${finding.falls ? ' rose' : ''}`;
  const fallsTogether = finding.falls && finding.lagMs === 0 ? `when ${finding.targetName} rose` : when;
  const doubt = finding.significant ? '' : ', may be chance';
  const family = finding.family === 0 ? '' : `, and ${finding.family} more series like it`;
  return `${name} ${verb} ${fallsTogether}, ${agreement(finding.rho)} agreement (${agreementSize(finding.rho)} of 1)${doubt}${family}`;
}
