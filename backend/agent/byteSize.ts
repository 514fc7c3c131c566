const units = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** `8`, `1KB`, `2m`, `1.5GiB` as bytes: all units are powers of 1024, as in Promtail and unlike in LogQL. Undefined when it is no size. */
export function parseByteSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*(?:([KMGTPE])i?)?B?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Math.floor(Number(digits) * 1_024 ** units.indexOf(unit.toUpperCase()));
}
