/** Where attributes of OpenTelemetry logs go. */
export type AttributeAction = 'index_label' | 'structured_metadata' | 'drop';

export interface AttributeRule {
  action: AttributeAction;
  matches: (name: string) => boolean;
}

export interface OtlpMapping {
  /** Resource attributes that are labels before any rule is asked. */
  indexed: ReadonlySet<string>;
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

/** The first rule that matches decides, behind the resource attributes that are `indexed`; what no rule names is structured metadata. */
export function mappingFrom(indexed: ReadonlySet<string>, resource: AttributeRule[], scope: AttributeRule[], log: AttributeRule[]): OtlpMapping {
  const decide = (rules: AttributeRule[]) => (name: string) => rules.find((rule) => rule.matches(name))?.action ?? 'structured_metadata';
  const byRule = decide(resource);
  return { indexed, resource: (name) => (indexed.has(name) ? 'index_label' : byRule(name)), scope: decide(scope), log: decide(log) };
}

export const defaultOtlpMapping: OtlpMapping = mappingFrom(defaultIndexAttributes, [], [], []);
