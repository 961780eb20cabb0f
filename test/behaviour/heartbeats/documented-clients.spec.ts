import { execFile } from 'node:child_process';
import { blocksOf } from '../../support/documents.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const DOCUMENTED_URL = 'https://incidents.example.com/ping/TOKEN';

const textOfBlock = (name: string) =>
  blocksOf('docs/heartbeats.md').find(({ language }) => language === name)!.text;

/** Runs a command as cron and systemd do. */
const run = (command: string, environment: Record<string, string> = {}) =>
  new Promise<{ readonly failed: boolean; readonly output: string }>((resolve) =>
    execFile(
      '/bin/sh',
      ['-c', command],
      { env: { PATH: process.env['PATH']!, ...environment } },
      (error, stdout, stderr) => resolve({ failed: error !== null, output: stdout + stderr }),
    ),
  );

describe('the documented client', () => {
  let service: Service;
  let url: string;
  let name: string;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());
  beforeEach(async () => {
    name = `job-${Math.trunc(performance.now() * 1_000)}`;
    const answer = await service.request('PUT', `/api/v1/heartbeats/${name}`, { json: { every: '1h' } });
    url = answer.body.ping_url;
  });

  const untilState = (state: string) =>
    until(async () => (await service.get(`/api/v1/heartbeats/${name}`)).body.state === state);

  it('of crontab sends the exit code and the output of the job', async () => {
    const line = textOfBlock('crontab')
      .replace(/^(?:\S+\s+){5}/, '')
      .replace(DOCUMENTED_URL, url)
      .replaceAll('/tmp/export.log', `/tmp/${name}.log`);
    const job = (script: string) => line.replace('/usr/local/bin/export', `/bin/sh -c '${script}'`);
    expect(await run(job('echo disk full; exit 3'))).toEqual({ failed: false, output: '' });
    await untilState('failed');
    const outputs = (await service.get(`/api/v1/heartbeats/${name}/outputs`)).body;
    expect(outputs).toMatchObject([{ kind: 'failure', exit_code: 3, output: 'disk full\n' }]);
    expect(await run(job('true'))).toEqual({ failed: false, output: '' });
    await untilState('up');
  });

  it('of systemd sends the start and the end', async () => {
    const unit = textOfBlock('systemd').replaceAll(DOCUMENTED_URL, url).replaceAll('$$', '$');
    const commandOf = (key: string) =>
      new RegExp(`^${key}=-?(.+)$`, 'm').exec(unit)![1]!.replaceAll('/usr/bin/curl', 'curl');
    expect(await run(commandOf('ExecStartPre'))).toEqual({ failed: false, output: '' });
    await untilState('running');
    const end = (result: string) => run(commandOf('ExecStopPost'), { SERVICE_RESULT: result });
    expect(await end('timeout')).toEqual({ failed: false, output: '' });
    await untilState('failed');
    expect(await end('success')).toEqual({ failed: false, output: '' });
    await untilState('up');
  });
});
