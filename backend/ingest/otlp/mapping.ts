/** Where attributes of OpenTelemetry logs go. */
export type AttributeAction = 'index_label' | 'structured_metadata' | 'drop';

export interface AttributeRule {
  action: AttributeAction;
  matches: (name: string) => boolean;
}

export interface OtlpMapping {
  resource(name: string): AttributeAction;
  scope(name: string): AttributeAction;
  log(name: string): AttributeAction;
}

/** Resource attributes that are labels in Loki without configuration (pkg/loghttp/push/otlp_config.go). */
export const defaultIndexAttributes: ReadonlySet<string> = new Set([
  'service.name', 'service.namespace', 'service.instance.id', 'deployment.environment', 'deployment.environment.name', 'cloud.region',
  'cloud.availability_zone', 'k8s.cluster.name', 'k8s.namespace.name', 'k8s.pod.name', 'k8s.container.name', 'container.name',
  'k8s.replicaset.name', 'k8s.deployment.name', 'k8s.statefulset.name', 'k8s.daemonset.name', 'k8s.cronjob.name', 'k8s.job.name',
]);

/** The first rule that matches decides; what no rule names is structured metadata. */
export function mappingFrom(resource: AttributeRule[], scope: AttributeRule[], log: AttributeRule[]): OtlpMapping {
  const decide = (rules: AttributeRule[]) => (name: string) => rules.find((rule) => rule.matches(name))?.action ?? 'structured_metadata';
  return { resource: decide(resource), scope: decide(scope), log: decide(log) };
}

export const defaultOtlpMapping: OtlpMapping = mappingFrom([{ action: 'index_label', matches: (name) => defaultIndexAttributes.has(name) }], [], []);
