import { Counter, Gauge, Registry } from 'prom-client';
import { agentVersion } from './version';

/** Numbers of the whole run under Promtail's names: they go on when a reload exchanges the agent. */
export class RunMetrics {
  private readonly registry = new Registry();
  readonly reloads = new Counter({ name: 'promtail_config_reload_success_total', help: 'Number of reload success times.', registers: [this.registry] });
  readonly failedReloads = new Counter({ name: 'promtail_config_reload_fail_total', help: 'Number of reload fail times.', registers: [this.registry] });

  constructor() {
    const labels = { version: agentVersion, revision: '', branch: '', tags: '', goversion: `node ${process.versions.node}`, goos: process.platform, goarch: process.arch };
    new Gauge({ name: 'promtail_build_info', help: 'A constant 1, with what was built in the labels.', labelNames: Object.keys(labels), registers: [this.registry] }).set(labels, 1);
    this.addProcess();
  }

  /** What dashboards show of any process. */
  private addProcess(): void {
    const registers = [this.registry];
    new Gauge({ name: 'process_start_time_seconds', help: 'Start time of the process since unix epoch in seconds.', registers }).set(Math.round(Date.now() / 1_000 - process.uptime()));
    new Gauge({
      name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.', registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Counter({
      name: 'process_cpu_seconds_total', help: 'Total user and system CPU time spent in seconds.', registers,
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1e6);
      },
    });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
