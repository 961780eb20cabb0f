import type { AttachmentRepository } from '../../../src/application/attachments/attachment-repository.js';
import { AttachFiles } from '../../../src/application/attachments/attach-files.js';
import { ImageUnreadable, type Images } from '../../../src/application/attachments/images.js';
import type { FileContent, TemporaryFiles } from '../../../src/application/attachments/temporary-files.js';
import { UnreadableImage } from '../../../src/domain/attachments/attachment-errors.js';
import type { IdempotencyKey } from '../../../src/domain/incident/idempotency.js';
import { anIncident } from '../../support/builders.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const idempotencyOf = (key: string): IdempotencyKey => ({ scope: 'a', key, fingerprint: Buffer.from('b') });

describe('the replay of a request with an image', () => {
  const earlier = { incident: anIncident().with({ version: 2 }).build(), isReplay: true };
  /** It knows the request with the key "known". */
  const attachments = {
    replay: async ({ key }) => (key === 'known' ? earlier : undefined),
    list: async () => [],
  } as Partial<AttachmentRepository> as AttachmentRepository;
  /** Of a machine that is too busy to decode anything in time. */
  const images = {
    detectType: async () => 'image/jpeg',
    withoutMetadata: async () => {
      throw new ImageUnreadable('timeout');
    },
  } as Partial<Images> as Images;
  const attachFiles = new AttachFiles(attachments, images, {} as TemporaryFiles, new VirtualClock());
  const command = (key: string) =>
    ({
      files: [{ name: 'photo.jpg', content: {} as FileContent }],
      principal: 'key:1',
      actor: 'ann',
      channel: 'rest',
      idempotency: idempotencyOf(key),
    }) as const;

  it.each([
    [
      'a report',
      (key: string) => attachFiles.report({ ...command(key), description: 'a', source: 'partner' }),
    ],
    ['an attachment', (key: string) => attachFiles.attach({ ...command(key), id: 1 })],
  ])('is answered for %s, however long decoding takes', async (_, send) => {
    expect(await send('known')).toMatchObject(earlier);
    await expect(send('new')).rejects.toBeInstanceOf(UnreadableImage);
  });
});
