import { config } from '@grafana/runtime';

/**
 * Texts for users. Each stands where it is used, in English, under an id: `t('moved.button', 'Which metric moved?')`, the way Grafana's own
 * `t` is called. `src/locales/en-US/binocle-logs-datasource.json` holds them all, in the form that Grafana's translation tools read; a test
 * keeps it complete. Grafana's package cannot be used itself: it needs i18next from Grafana, which is not there in 10.1.
 */

/** Texts of one language by id: nested by the dots of ids, as i18next keeps them. */
export interface Catalogue {
  [part: string]: string | Catalogue;
}

/** Languages besides English, each a chunk of its own: `'de-DE': () => import('./locales/de-DE/binocle-logs-datasource.json')`. */
export const translations: Record<string, () => Promise<Catalogue | { default: Catalogue }>> = {};

let chosen: Catalogue | undefined;
let asked: Promise<void> | undefined;

/** The language of the user's Grafana, such as `de-DE`. */
export function language(): string {
  try {
    return Intl.getCanonicalLocales(config.bootData?.user?.language)[0] ?? 'en-US';
  } catch {
    return 'en-US'; // Nothing that names a language, such as an empty text.
  }
}

/** Loads the user's language once. Editors wait for it; where it cannot be had, texts are English. */
export function loadTranslation(): Promise<void> {
  asked ??= Promise.resolve(translations[language()]?.()).then(
    (found) => useCatalogue(found && ('default' in found ? (found.default as Catalogue) : found)),
    () => undefined // English is no error.
  );
  return asked;
}

/** Texts to use from now on; undefined: the English ones in the code. */
export function useCatalogue(catalogue: Catalogue | undefined): void {
  chosen = catalogue;
}

type Values = Record<string, string | number>;

/** The text with this id in the user's language, `{{name}}` replaced by values. Must be called when it is shown, not when a module is loaded. */
export function t(id: string, english: string, values: Values = {}): string {
  return fill(find(id) ?? english, values);
}

/** Like `t` for a text that depends on a number, which it names `{{count}}`. `english`: for one, and for all others. */
export function plural(id: string, count: number, english: { one: string; other: string }, values: Values = {}): string {
  const form = new Intl.PluralRules(language()).select(count);
  const text = find(`${id}_${form}`) ?? find(`${id}_other`) ?? (count === 1 ? english.one : english.other);
  return fill(text, { count: numberText(count), ...values });
}

/** A whole number as the user's language groups its digits. */
export function numberText(value: number): string {
  return value.toLocaleString(language());
}

function find(id: string): string | undefined {
  let place: string | Catalogue | undefined = chosen;
  for (const part of id.split('.')) {
    place = typeof place === 'object' && Object.hasOwn(place, part) ? place[part] : undefined;
  }
  return typeof place === 'string' && place !== '' ? place : undefined;
}

/** Names that are not among the values stay: texts may speak of `{{label}}` themselves. */
function fill(text: string, values: Values): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
