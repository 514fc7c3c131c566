/**
 * Binocle's own log levels: one lower-case name per severity, found in the line itself (level words, brackets, syslog priority,
 * JSON and logfmt fields, HTTP status of access logs). Queries reach it as the label `__level__`, which exists only where a
 * query names it, so that answers stay those of Loki otherwise. Shared by ingest (stored per entry) and plugin (row colours).
 */
export const levelNames = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical'] as const;

export type Level = (typeof levelNames)[number];
