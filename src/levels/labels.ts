import { levelOfNumber, levelOfValue, unknown } from './words';

/** Labels that hold a level, most trusted first. `detected_level` is not among them: it is a guess of Loki's at the line. */
const levelLabels = ['level', 'severity', 'lvl', 'loglevel', 'log_level', 'LEVEL', 'Level', 'SEVERITY', 'Severity', 'severity_text'];
/** OpenTelemetry's number: four for each level from 1 on (opentelemetry.io/docs/specs/otel/logs/data-model, SeverityNumber). */
const severityNumber = 'severity_number';
/** Longer values are no names of levels. */
const valueLengthMax = 16;

const scratch = new Uint8Array(valueLengthMax);

/** The level that labels of a stream or of an entry declare, as an index into `levelNames`; 0 when they say nothing of it. */
export function declaredLevel(label: (name: string) => string | undefined): number {
  for (const name of levelLabels) {
    const value = label(name);
    const level = value === undefined ? unknown : levelOfText(value.trim());
    if (level !== unknown) {
      return level;
    }
  }
  const number = Number(label(severityNumber) ?? 0);
  return number >= 1 && number <= 24 ? Math.ceil(number / 4) : unknown;
}

/** A word, a letter, or a number of syslog, pino or bunyan. */
function levelOfText(text: string): number {
  if (text.length > valueLengthMax) {
    return unknown;
  }
  for (let i = 0; i < text.length; i++) {
    scratch[i] = Math.min(text.charCodeAt(i), 0x80);
  }
  return levelOfValue(scratch, 0, text.length) || levelOfNumber(/^\d{1,2}$/.test(text) ? Number(text) : NaN);
}
