import { defaultIndexAttributes, mappingFrom, type AttributeAction, type AttributeRule, type OtlpMapping } from '../ingest/otlp/mapping';
import { compileRegex } from '../text/re2';
import type { Section } from './section';

/** `otlp_config`: which attributes become labels, structured metadata, or nothing (Loki, pkg/loghttp/push/otlp_config.go). */
export function readOtlpMapping(section: Section): OtlpMapping {
  const resource = section.section('resource_attributes');
  const rules = readRules(resource, 'attributes_config');
  const defaults: AttributeRule[] = resource.boolean('ignore_defaults') ? [] : [{ action: 'index_label', matches: (name) => defaultIndexAttributes.has(name) }];
  return mappingFrom([...rules, ...defaults], readRules(section, 'scope_attributes'), readRules(section, 'log_attributes'));
}

function readRules(section: Section, key: string): AttributeRule[] {
  return section.sections(key).map((rule) => {
    const names = new Set(rule.texts('attributes') ?? []);
    const pattern = rule.text('regex');
    const regex = pattern === undefined || pattern === '' ? undefined : compileRegex(`^(?:${pattern})$`);
    return { action: readAction(rule), matches: (name) => names.has(name) || (regex?.test(name) ?? false) };
  });
}

function readAction(rule: Section): AttributeAction {
  const action = rule.text('action');
  if (action === 'index_label' || action === 'structured_metadata' || action === 'drop') {
    return action;
  }
  throw rule.error('action', 'index_label, structured_metadata or drop');
}
