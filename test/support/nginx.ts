import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, aPort } from './ports.js';
import { until } from './until.js';

const PROGRAM = '/usr/sbin/nginx';
const CONFIGURATION = '/etc/nginx/nginx.conf';

/** Whether this machine has nginx with Debian's configuration; CI requires it. */
export const hasNginx = process.env['CI'] === 'true' || (existsSync(PROGRAM) && existsSync(CONFIGURATION));

if (!hasNginx) process.stdout.write('Tests with nginx are skipped: it is not installed.\n');

export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts nginx in front of a server: with Debian's configuration, in which only the paths of its files and the site are replaced. */
export async function anNginx(upstream: string): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'incidents-nginx-'));
  const port = await aPort();
  const site = join(directory, 'site');
  writeFileSync(
    site,
    `server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; include /etc/nginx/proxy_params; } }\n`,
  );
  const configuration = readFileSync(CONFIGURATION, 'utf8')
    .replace(/^user .*;$/m, '')
    .replace('/run/nginx.pid', join(directory, 'pid'))
    .replaceAll('/var/log/nginx', directory)
    .replace('/etc/nginx/sites-enabled/*', site)
    .replace('/etc/nginx/modules-enabled/*.conf', join(directory, 'no-modules-*'));
  const path = join(directory, 'nginx.conf');
  writeFileSync(path, configuration);
  const nginx = spawn(PROGRAM, ['-c', path, '-e', join(directory, 'error.log'), '-g', 'daemon off;'], {
    stdio: 'ignore',
  });
  const ended = once(nginx, 'close');
  const state = () => readFileSync(join(directory, 'error.log'), 'utf8');
  await until(() => accepts(port), { state });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      nginx.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}
