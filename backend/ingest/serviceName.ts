import { makeLabels, type Labels } from '../model/labels';

/** Where Loki looks for a stream's service, in this order (`discover_service_name`, pkg/validation/limits.go). */
export const serviceNameSources: readonly string[] = [
  'service', 'app', 'application', 'app_name', 'name', 'app_kubernetes_io_name', 'container', 'container_name', 'k8s_container_name',
  'component', 'workload', 'job', 'k8s_job_name',
];

/** Streams with the label already added, by the object it was added to: label sets of repeated texts are the same object. */
const known = new WeakMap<Labels, Labels>();

/** The labels with `service_name` added from the first of `sources` that is there, else `unknown_service`: a stream without labels gets it too. */
export function withServiceName(labels: Labels, sources: readonly string[]): Labels {
  if (labels.has('service_name') || sources.length === 0) {
    return labels;
  }
  const cached = sources === serviceNameSources ? known.get(labels) : undefined;
  if (cached) {
    return cached;
  }
  const source = sources.find((name) => labels.get(name));
  const added = makeLabels([...labels, ['service_name', source === undefined ? 'unknown_service' : (labels.get(source) as string)]]);
  if (sources === serviceNameSources) {
    known.set(labels, added);
  }
  return added;
}
