/**
 * A name of structured metadata as Loki stores it (Prometheus' rule for OTLP names): other characters than `[a-zA-Z0-9_]` become `_`, a
 * leading digit gets `key_`, a single leading `_` gets `key`.
 */
export function metadataName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_]/g, '_');
  if (/^\d/.test(clean)) {
    return `key_${clean}`;
  }
  return clean.startsWith('_') && !clean.startsWith('__') ? `key${clean}` : clean;
}
