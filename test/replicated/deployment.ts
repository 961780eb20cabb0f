import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverAccount } from '../../src/infrastructure/embedded-postgres/server-account.ts';
import { stockPrograms } from '../support/stock/stock-server.ts';
import { aPort } from '../support/ports.ts';

const TEMPLATES = fileURLToPath(new URL('../../deploy/machines/', import.meta.url));

export const DATABASE_NODES = ['db1', 'db2', 'db3'] as const;
export const APPLICATION_NODES = ['app1', 'app2', 'app3'] as const;
export type DatabaseNodeName = (typeof DATABASE_NODES)[number];
export type ApplicationNodeName = (typeof APPLICATION_NODES)[number];

export const ACCESS_KEY = 'a-key-for-the-cluster-drill';
const PASSWORD = 'a-password-for-the-drill';

/**
 * The configuration of a cluster on this machine: that of `deploy/machines`, with another loopback address for each machine, free ports, and
 * files in a temporary directory.
 */
export class Deployment {
  readonly directory: string;
  /** The account of PostgreSQL's processes; undefined for our own. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
  private readonly settings: Map<string, string>;

  private constructor(directory: string, settings: Map<string, string>) {
    this.directory = directory;
    this.settings = settings;
    this.account = serverAccount(directory);
  }

  /** @param directory an empty directory that all accounts may enter. */
  static async create(directory: string): Promise<Deployment> {
    const template = readFileSync(join(TEMPLATES, 'cluster.env'), 'utf8');
    const settings = new Map(
      [...template.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
    );
    const set = (changes: Readonly<Record<string, string>>) => {
      for (const [name, value] of Object.entries(changes)) settings.set(name, value);
    };
    // Several drills at a time have different addresses.
    const subnet = `127.${1 + (process.pid % 250)}.${Math.floor(Math.random() * 256)}`;
    set(Object.fromEntries(DATABASE_NODES.map((node, i) => [node.toUpperCase(), `${subnet}.${11 + i}`])));
    set(Object.fromEntries(APPLICATION_NODES.map((node, i) => [node.toUpperCase(), `${subnet}.${21 + i}`])));
    for (const [name, value] of settings) {
      if (name.endsWith('_PORT')) set({ [name]: String(await aPort()) });
      if (value === 'CHANGE_ME') set({ [name]: PASSWORD });
    }
    set({
      NETWORK: '127.0.0.0/8',
      ACCESS_KEY,
      PUBLIC_URL: `https://127.0.0.1:${settings.get('HTTPS_PORT')}`,
      CERTIFICATE: join(directory, 'certificate.pem'),
      POSTGRES_PROGRAMS: stockPrograms()!,
    });
    return new Deployment(directory, settings);
  }

  /** The value of a variable of `cluster.env`. */
  setting(name: string): string {
    const value = this.settings.get(name);
    if (value === undefined) throw new Error(`cluster.env has no ${name}`);
    return value;
  }

  port(name: string): number {
    return Number(this.setting(`${name}_PORT`));
  }

  address(node: DatabaseNodeName | ApplicationNodeName): string {
    return this.setting(node.toUpperCase());
  }

  /** Where all clients send their requests. */
  get url(): string {
    return this.setting('PUBLIC_URL');
  }

  directoryOf(node: DatabaseNodeName | ApplicationNodeName): string {
    return join(this.directory, node);
  }

  /**
   * Writes the files of a machine by `deploy/machines/render`.
   * @returns their directory, which is also that of the machine's data.
   */
  render(node: DatabaseNodeName | ApplicationNodeName): string {
    const directory = this.directoryOf(node);
    const own = {
      POSTGRES_DATA: join(directory, 'data'),
      POSTGRES_SOCKETS: directory,
      ETCD_DATA: join(directory, 'etcd'),
      HAPROXY_FILES: directory,
      PGBOUNCER_FILES: directory,
    };
    mkdirSync(directory);
    const settings = join(directory, 'cluster.env');
    const lines = Object.entries({ ...Object.fromEntries(this.settings), ...own });
    writeFileSync(settings, lines.map(([name, value]) => `${name}=${value}\n`).join(''));
    execFileSync(join(TEMPLATES, 'render'), [settings, node, directory], { stdio: 'inherit' });
    this.handOver(directory);
    return directory;
  }

  /** Creates the certificate of the HTTPS port, which its clients have to trust. @returns its file. */
  createCertificate(): string {
    const files = { key: join(this.directory, 'tls.key'), certificate: join(this.directory, 'tls.crt') };
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const output = ['-keyout', files.key, '-out', files.certificate];
    const form = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...form, ...subject, ...output], { stdio: 'ignore' });
    const both = readFileSync(files.certificate, 'utf8') + readFileSync(files.key, 'utf8');
    writeFileSync(this.setting('CERTIFICATE'), both, { mode: 0o600 });
    return files.certificate;
  }

  /** The content of a file that `render` wrote, as variables. */
  variables(file: string): Record<string, string> {
    const lines = readFileSync(file, 'utf8').matchAll(/^([A-Z0-9_]+)=(.*)$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name!, value!]));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private handOver(directory: string): void {
    const { account } = this;
    if (!account) return;
    for (const path of [directory, ...readdirSync(directory).map((name) => join(directory, name))]) {
      chownSync(path, account.uid, account.gid);
    }
    chmodSync(directory, 0o700);
  }
}
