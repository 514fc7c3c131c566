import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../backend/bench/clickhouse';

/** Debian's ZooKeeper, started by the tests on a loopback port. It brings Java, so nothing installs it: who has it tests with it. */

const jars = ['zookeeper.jar', 'slf4j-simple.jar'].map((name) => path.join('/usr/share/java', name));

/** Why tests with a ZooKeeper can't run here, or false. */
export const zookeeperMissing: string | false = [...jars, '/usr/bin/java'].every((file) => existsSync(file)) ? false : 'zookeeper is not installed (apt-get install zookeeper)';

export interface ZooKeeper {
  port: number;
  process: ChildProcess;
  restart(): Promise<void>;
  stop(): void;
}

const readyMsMax = 20_000;

export async function startZooKeeper(): Promise<ZooKeeper> {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-zookeeper-'));
  const [port] = await freePorts(1);
  writeFileSync(path.join(dir, 'zoo.cfg'), `dataDir=${dir}/data\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\ntickTime=500\n`);
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn('/usr/bin/java', ['-Xmx128m', '-cp', [dir, ...jars].join(':'), 'org.apache.zookeeper.server.quorum.QuorumPeerMain', path.join(dir, 'zoo.cfg')], { stdio: 'ignore' });
    for (const started = Date.now(); !(await serves(port)); ) {
      if (Date.now() - started > readyMsMax || child.exitCode !== null) {
        throw new Error('ZooKeeper does not start');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return child;
  };
  const zookeeper: ZooKeeper = {
    port,
    process: await launch(),
    restart: async () => {
      zookeeper.process = await launch();
    },
    stop: () => {
      zookeeper.process.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  process.once('exit', () => zookeeper.process.kill('SIGKILL'));
  return zookeeper;
}

/** It listens some time before it serves. */
function serves(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('srvr'));
    // who connects before anybody listens may meet itself
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (data) => (said += String(data)));
    socket.on('error', () => resolve(false)).on('close', () => resolve(said.includes('Mode: ')));
  });
}
