import { mappingOf, type AttributeAction, type AttributeRule, type OtlpMapping } from '../ingest/otlp/mapping';
import { compileRegex } from '../text/re2';
import type { Section } from './section';

/**
 * `otlp_config`: which attributes become labels, structured metadata, or nothing (Loki, pkg/loghttp/push/otlp_config.go). The attributes that are
 * labels by default stay that, whatever a rule says of them, unless `ignore_defaults` is set. What the section does not set is as in `base`.
 */
export function readOtlpMapping(section: Section, base: OtlpMapping): OtlpMapping {
  const { rules } = base;
  const resource = section.section('resource_attributes');
  return mappingOf({
    defaults: rules.defaults,
    ignoreDefaults: resource.boolean('ignore_defaults') ?? rules.ignoreDefaults,
    resource: readRules(resource, 'attributes_config') ?? rules.resource,
    scope: readRules(section, 'scope_attributes') ?? rules.scope,
    log: readRules(section, 'log_attributes') ?? rules.log,
  });
}

/** `distributor.otlp_config`: the resource attributes that are labels by default. */
export function readOtlpDefaults(distributor: Section, base: OtlpMapping): OtlpMapping {
  const defaults = distributor.section('otlp_config').texts('default_resource_attributes_as_index_labels');
  return defaults ? mappingOf({ ...base.rules, defaults: new Set(defaults) }) : base;
}

function readRules(section: Section, key: string): AttributeRule[] | undefined {
  if (!section.has(key)) {
    return undefined;
  }
  return section.sections(key).map((rule) => {
    const names = new Set(rule.texts('attributes') ?? []);
    const pattern = rule.text('regex');
    const regex = pattern === undefined || pattern === '' ? undefined : compileRegex(`^(?:${pattern})$`);
    return { action: readAction(rule), matches: (name) => names.has(name) || (regex?.test(name) ?? false) };
  });
}

function readAction(rule: Section): AttributeAction {
  const action = rule.text('action') ?? 'structured_metadata';
  if (action === 'index_label' || action === 'structured_metadata' || action === 'drop') {
    return action;
  }
  throw rule.error('action', 'index_label, structured_metadata or drop');
}
