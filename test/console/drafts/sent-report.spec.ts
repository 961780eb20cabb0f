import { ApiClient, type Send } from '../../../console/src/api/api-client.js';
import type { Report } from '../../../console/src/api/types.js';
import { Drafts } from '../../../console/src/drafts/drafts.js';
import { matchesFiles, sentReportOf } from '../../../console/src/drafts/sent-report.js';
import { REPORT_PLACE, resendUnanswered } from '../../../console/src/drafts/unanswered.js';
import { IncidentStore } from '../../../console/src/incidents/incident-store.js';
import { anIncident } from '../incidents/an-incident.js';
import { BrowserStorage } from './browser-storage.js';

const REPORT: Report = { description: 'The brake is broken', source: 'operator' };
const photo = new File(['bytes'], 'photo.jpg', { lastModified: 1 });

describe('a report with files', () => {
  let requests: { readonly method: string; readonly url: string; readonly body: unknown }[];
  let answer: () => Response;
  const send: Send = async (url, { method = 'GET', body }) => {
    requests.push({ method, url, body });
    return answer();
  };
  const api = new ApiClient((url, init) => send(url, init));

  beforeEach(() => {
    requests = [];
    answer = () => Response.json(anIncident({ id: 7 }));
  });

  it('is one form: its JSON, and its files', async () => {
    const store = new IncidentStore(api, {
      me: () => 'Anna',
      now: () => new Date(),
      newKey: () => 'key',
      pause: () => new Promise(() => {}),
    });
    expect(await store.report(REPORT, 'key', { files: [photo, photo] })).toBe(7);
    const form = requests[0]!.body as FormData;
    expect(JSON.parse(form.get('report') as string)).toEqual(REPORT);
    expect(form.getAll('file').map((file) => (file as File).name)).toEqual(['photo.jpg', 'photo.jpg']);
  });

  it('is recognized by its files, and is a plain report without any', () => {
    const sent = sentReportOf(REPORT, [photo]);
    expect(matchesFiles(sent, [photo])).toBe(true);
    expect(matchesFiles(sent, [])).toBe(false);
    expect(matchesFiles(sent, [new File(['bytes'], 'photo.jpg', { lastModified: 2 })])).toBe(false);
    expect(sentReportOf(REPORT, [])).toEqual(REPORT);
  });

  describe('that was sent before the page was loaded', () => {
    /** The drafts after the reload; the outcome of the request was unknown before. */
    const reloaded = (files: readonly File[]): Drafts => {
      const browser = new BrowserStorage();
      const open = () =>
        new Drafts({ holder: () => 'anna', storage: browser.open(), now: () => 1, newKey: () => 'next-key' });
      const drafts = open();
      drafts.textOf(REPORT_PLACE).value = REPORT.description;
      drafts.begin(REPORT_PLACE, sentReportOf(REPORT, files));
      return open();
    };
    const resend = async (drafts: Drafts) => {
      const answers: unknown[] = [];
      await resendUnanswered(drafts, api, (each) => answers.push(each));
      return answers;
    };

    it('is sent again if it has no files', async () => {
      const drafts = reloaded([]);
      expect(await resend(drafts)).toEqual([{ id: 7, kind: 'report' }]);
      expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /api/v1/incidents']);
    });

    it('is looked for by its key, since its files are gone', async () => {
      const drafts = reloaded([photo]);
      const key = drafts.attemptOf(REPORT_PLACE)!.key;
      expect(await resend(drafts)).toEqual([{ id: 7, kind: 'report' }]);
      expect(requests).toEqual([
        { method: 'GET', url: `/api/v1/incidents/by-idempotency-key/${key}`, body: undefined },
      ]);
      expect([drafts.textOf(REPORT_PLACE).value, drafts.unanswered()]).toEqual(['', []]);
    });

    it('keeps its text and its key if there is none yet: it may be committed a moment later', async () => {
      const problem = { status: 404, code: 'incident.not-found', detail: 'No incident.' };
      answer = () =>
        Response.json(problem, { status: 404, headers: { 'Content-Type': 'application/problem+json' } });
      const drafts = reloaded([photo]);
      expect(await resend(drafts)).toEqual([]);
      expect(drafts.textOf(REPORT_PLACE).value).toBe(REPORT.description);
      expect(drafts.unanswered()).toEqual([REPORT_PLACE]);
    });
  });
});
