import type { UnusedKey } from './section';

/** Why keys of a Loki file have no effect here: the longest prefix that fits gives the reason. */
const reasons: ReadonlyArray<[string, string]> = [
  ['ingester', 'an entry is on disk when its push is answered, so there is nothing to flush and no ring to join'],
  ['ingester_client', 'one process, no clients between its parts'],
  ['schema_config', 'Binocle has one format on disk'],
  ['storage_config', 'only the folder is taken from here'],
  ['common', 'one process: no ring, and only the folder is taken from here'],
  ['limits_config.enforce_metric_name', 'Loki dropped it with version 3'],
  ['limits_config', 'a limit on a part that Binocle does not have'],
  ['chunk_store_config', 'there are no chunks to cache; how far queries may look back is limits_config.max_query_lookback'],
  ['table_manager.chunk_tables_provisioning', 'there are no tables to provision'],
  ['table_manager.index_tables_provisioning', 'there are no tables to provision'],
  ['table_manager', 'there are no tables to manage'],
  ['querier', 'tuned by itself'],
  ['query_range', 'tuned by itself; answers come from the store without a cache'],
  ['frontend', 'one process: no frontend'],
  ['frontend_worker', 'one process: no workers to register'],
  ['query_scheduler', 'one process: no scheduler'],
  ['memberlist', 'one process: no ring'],
  ['compactor', 'Binocle compacts by itself; retention and delete settings are taken'],
  ['distributor', 'one process: no ring'],
  ['distributor.max_recv_msg_size', 'binocle.push_bytes_max goes before it'],
  ['index_gateway', 'one process: no gateway'],
  ['bloom_build', 'text is always indexed'],
  ['bloom_gateway', 'text is always indexed'],
  ['bloom_compactor', 'text is always indexed'],
  ['pattern_ingester', 'patterns are computed from the stored lines of any range'],
  ['tracing', 'no traces are written'],
  ['analytics', 'Binocle reports to nobody'],
  ['server', 'a detail of Loki’s HTTP and gRPC servers'],
  ['runtime_config', 'read once and again on change of the file'],
  ['operational_config', 'no such part'],
  ['target', 'everything runs in one process'],
  ['ballast_bytes', 'a setting of Go’s memory manager'],
  ['internal_server', 'one server serves everything'],
  ['ruler', 'there is no ruler: alerts belong to Grafana or Prometheus'],
  ['ruler_storage', 'there is no ruler: alerts belong to Grafana or Prometheus'],
  ['compactor_grpc_client', 'one process, no clients between its parts'],
  ['ingest_limits', 'one process: limits are kept where pushes come in'],
  ['ingest_limits_frontend', 'one process: limits are kept where pushes come in'],
  ['ingest_limits_frontend_client', 'one process: limits are kept where pushes come in'],
  ['query_engine', 'tuned by itself'],
  ['dataobj', 'Binocle has one format on disk'],
  ['kafka_config', 'an entry is on disk when its push is answered, without a queue between'],
  ['shutdown_delay', 'what is under way is finished when the server stops'],
  ['metrics_namespace', 'metrics have the names that Loki gives them'],
  ['http_prefix', 'the prefix of all paths is server.http_path_prefix'],
  ['profiling', 'a setting of Go’s profiler'],
  ['ui', 'no such part'],
  ['lbac', 'no such part'],
  ['no_auth_tenant', 'without auth_enabled the tenant is fake'],
  ['tenant_limits_allow_publish', 'no such part'],
];

export interface Ignored {
  key: string;
  why: string;
  /** Not a key of Loki's that has no meaning here, but a mistake. */
  mistake: boolean;
}

/** One line for each ignored key, keys of one section with one reason put together. */
export function explainIgnored(keys: UnusedKey[]): Ignored[] {
  const grouped = new Map<string, { keys: string[]; why: string; mistake: boolean }>();
  for (const { path, meant } of keys) {
    const reason = meant ? undefined : reasons.filter(([prefix]) => path === prefix || path.startsWith(`${prefix}.`)).sort(([a], [b]) => b.length - a.length)[0];
    const section = reason?.[0] ?? path;
    const why = reason?.[1] ?? (meant ? `no such key is known; did you mean ${meant}?` : 'no such key is known');
    const group = grouped.get(section) ?? { keys: [], why, mistake: !reason };
    group.keys.push(path);
    grouped.set(section, group);
  }
  return [...grouped].map(([section, { keys: names, ...rest }]) => ({ key: names.length === 1 ? names[0] : `${section} (${names.map((key) => key.slice(section.length + 1) || key).join(', ')})`, ...rest }));
}
