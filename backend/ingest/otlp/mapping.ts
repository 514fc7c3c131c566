/** Where attributes of OpenTelemetry logs go. */
export type AttributeAction = 'index_label' | 'structured_metadata' | 'drop';

export interface AttributeRule {
  action: AttributeAction;
  matches: (name: string) => boolean;
}

/** What decides where attributes go. Of each list the first rule that matches; what no rule names is structured metadata. */
export interface OtlpRules {
  /** Resource attributes that are labels before any rule is asked, unless `ignoreDefaults`. */
  defaults: ReadonlySet<string>;
  ignoreDefaults: boolean;
  resource: AttributeRule[];
  scope: AttributeRule[];
  log: AttributeRule[];
}

export interface OtlpMapping {
  /** What it was made from. */
  rules: OtlpRules;
  resource(name: string): AttributeAction;
  scope(name: string): AttributeAction;
  log(name: string): AttributeAction;
}

/** Resource attributes that are labels in Loki without configuration (pkg/loghttp/push/otlp_config.go). */
const defaultIndexAttributes: ReadonlySet<string> = new Set([
  'service.name', 'service.namespace', 'service.instance.id', 'deployment.environment', 'deployment.environment.name', 'cloud.region',
  'cloud.availability_zone', 'k8s.cluster.name', 'k8s.namespace.name', 'k8s.pod.name', 'k8s.container.name', 'container.name',
  'k8s.replicaset.name', 'k8s.deployment.name', 'k8s.statefulset.name', 'k8s.daemonset.name', 'k8s.cronjob.name', 'k8s.job.name',
]);

export function mappingOf(rules: OtlpRules): OtlpMapping {
  const decide = (list: AttributeRule[]) => (name: string) => list.find((rule) => rule.matches(name))?.action ?? 'structured_metadata';
  const byRule = decide(rules.resource);
  return {
    rules,
    resource: (name) => (!rules.ignoreDefaults && rules.defaults.has(name) ? 'index_label' : byRule(name)),
    scope: decide(rules.scope),
    log: decide(rules.log),
  };
}

export const defaultOtlpMapping: OtlpMapping = mappingOf({ defaults: defaultIndexAttributes, ignoreDefaults: false, resource: [], scope: [], log: [] });
