/** Keys of Promtail's `server` that mean nothing here. */
export const serverKeysWithoutEffect = [
  'cluster_validation', 'external_url', 'graceful_shutdown_timeout', 'grpc_listen_address', 'grpc_listen_conn_limit', 'grpc_listen_network', 'grpc_listen_port',
  'grpc_server_keepalive_time', 'grpc_server_keepalive_timeout', 'grpc_server_max_concurrent_streams', 'grpc_server_max_connection_age',
  'grpc_server_max_connection_age_grace', 'grpc_server_max_connection_idle', 'grpc_server_max_recv_msg_size', 'grpc_server_max_send_msg_size',
  'grpc_server_min_time_between_pings', 'grpc_server_num_workers', 'grpc_server_ping_without_stream_allowed', 'grpc_server_recv_buffer_pools_enabled',
  'grpc_server_stats_tracking_enabled', 'grpc_tls_config', 'http_listen_conn_limit', 'http_listen_network', 'http_log_closed_connections_without_response_enabled',
  'http_server_idle_timeout', 'http_server_read_header_timeout', 'http_server_read_timeout', 'http_server_write_timeout', 'log_request_at_info_level_enabled',
  'log_request_exclude_headers_list', 'log_request_headers', 'log_source_ips_enabled', 'log_source_ips_full', 'log_source_ips_header', 'log_source_ips_regex',
  'profiling_enabled', 'proxy_protocol_enabled', 'register_instrumentation', 'report_grpc_codes_in_instrumentation_label_enabled', 'tls_cipher_suites', 'tls_min_version',
];
