import type { ApiClient } from '../../api/api-client.js';
import { ApiProblem } from '../../api/problems.js';
import { useApp } from '../../app-context.js';
import { formats } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { LoadNotice } from '../parts/notice.js';
import { useLoaded } from '../parts/use-loaded.js';
import { measuresIn } from './measures.js';

const REFRESH_INTERVAL_MS = 10_000;
const BYTES_PER_MIB = 1_024 * 1_024;

type Checks = Readonly<Record<string, { readonly status: string; readonly message?: string }>>;

/** Whether the service can work, and what its process says about itself. */
export function Health() {
  const { api, session } = useApp();
  const { consumers: text } = pageTexts.value;
  const loaded = useLoaded(
    async (signal) => ({
      checks: await checksOf(api, signal),
      measures: session.may('scrape')
        ? measuresIn(new TextDecoder().decode(await api.bytes('/metrics', { signal })))
        : undefined,
    }),
    { intervalMs: REFRESH_INTERVAL_MS },
  );
  const { value: found } = loaded.value;
  return (
    <section>
      <h2>{text.health}</h2>
      <LoadNotice loaded={loaded} />
      {found && (
        <dl class="page-summary">
          {Object.entries(found.checks).map(([name, { status, message }]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={status === 'up' ? 'good' : 'bad'}>
                {status === 'up' ? text.up : text.down} {message}
              </dd>
            </div>
          ))}
          {found.measures && <Measures measures={found.measures} />}
        </dl>
      )}
    </section>
  );
}

function Measures({ measures }: { readonly measures: ReturnType<typeof measuresIn> }) {
  const { now } = useApp();
  const { measures: text } = pageTexts.value.consumers;
  const { value: format } = formats;
  const { startedAt, memoryBytes, eventLoopDelaySeconds } = measures;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [
      text.uptime,
      startedAt === undefined ? undefined : format.duration(now.value.getTime() - startedAt * 1_000),
    ],
    [
      text.memory,
      memoryBytes === undefined ? undefined : `${format.number(Math.round(memoryBytes / BYTES_PER_MIB))} MiB`,
    ],
    [
      text.eventLoop,
      eventLoopDelaySeconds === undefined
        ? undefined
        : `${format.number(Math.round(eventLoopDelaySeconds * 1_000))} ms`,
    ],
    [text.waiting, numberOrNone(measures.waitingForConnection)],
    [
      text.overdue,
      measures.overdueTimersSeconds === undefined
        ? undefined
        : `${format.number(measures.overdueTimersSeconds)} s`,
    ],
    [text.quarantined, numberOrNone(measures.pendingInQuarantine)],
  ];
  return (
    <>
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </>
  );
}

const numberOrNone = (value: number | undefined) =>
  value === undefined ? undefined : formats.value.number(value);

/** The checks of readiness; those that fail come with a 503. */
async function checksOf(api: ApiClient, signal: AbortSignal): Promise<Checks> {
  try {
    const { body } = await api.get('/health/ready', { signal });
    return body.details;
  } catch (error) {
    const checks = error instanceof ApiProblem ? (error.body as { checks?: Checks }).checks : undefined;
    if (!checks) throw error;
    return checks;
  }
}
