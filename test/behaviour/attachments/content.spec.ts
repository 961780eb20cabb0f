import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { aForm } from '../../support/forms.js';
import { KEY, type Service, startService } from '../../support/service.js';

const picture = (width = 60, height = 40) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } });

/** As a phone writes it: with its model, the place, and turned by a quarter. */
const ofAPhone = (format: 'jpeg' | 'png' | 'webp', width?: number, height?: number): Promise<Buffer> =>
  picture(width, height)
    .withExif({
      IFD0: { Make: 'Phone', Model: 'X' },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '55/1 45/1 0/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '37/1 37/1 0/1',
      },
    })
    .withMetadata({ orientation: 6 })
    .toFormat(format)
    .toBuffer();

/** A PNG that claims to have so many pixels, in a few bytes. */
function bomb(side: number, more: Buffer[] = []): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const typed = Buffer.concat([Buffer.from(type), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(typed));
    return Buffer.concat([length, typed, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', header),
    ...more.map((text) => chunk('tEXt', text)),
    chunk('IDAT', Buffer.from('789c030000000001', 'hex')),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

describe('the content of an attachment', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const attach = async (bytes: Buffer | string, name = 'a.jpg', to = service) => {
    const { id } = (await to.report()).body;
    return to.request('POST', `/api/v1/incidents/${id}/attachments`, { body: aForm([{ name, bytes }]) });
  };
  const get = async (path: string, headers: Record<string, string> = {}, from = service) => {
    const response = await fetch(from.url + path, { headers: { 'X-Access-Key': KEY, ...headers } });
    return {
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(await response.arrayBuffer()),
    };
  };
  const stored = async (bytes: Buffer | string, name?: string, to = service) => {
    const answer = await attach(bytes, name, to);
    expect(answer.status).toBe(201);
    return get(answer.headers.get('location')!, {}, to);
  };

  it.each(['jpeg', 'png', 'webp'] as const)(
    'loses what a %s says about its camera and place, and is turned',
    async (format) => {
      const original = await ofAPhone(format);
      expect((await sharp(original).metadata()).exif).toBeDefined();
      const { bytes, headers } = await stored(original);
      expect(headers.get('content-type')).toBe(`image/${format}`);
      expect(headers.get('content-disposition')).toMatch(/^inline/);
      const { exif, orientation, width, height } = await sharp(bytes).metadata();
      expect({ exif, orientation, width, height }).toEqual({
        exif: undefined,
        orientation: undefined,
        width: 40,
        height: 60,
      });
    },
  );

  it.each(['jpeg', 'png', 'webp', 'gif'] as const)(
    'stays byte by byte if a %s has no metadata',
    async (format) => {
      const original = await picture().toFormat(format).toBuffer();
      expect((await stored(original)).bytes.equals(original)).toBe(true);
    },
  );

  it('keeps its metadata with KEEP_IMAGE_METADATA', async () => {
    const keeping = await startService({ environment: { KEEP_IMAGE_METADATA: 'true' } });
    const original = await ofAPhone('jpeg');
    expect((await stored(original, 'a.jpg', keeping)).bytes.equals(original)).toBe(true);
    await keeping.stop();
  });

  it.each([
    ['HTML', '<!doctype html><script>alert(1)</script>', 'a.html'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'a.svg'],
    ['SVG with a declaration', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 'a.svg'],
    ['a script', 'alert(1)', 'a.js'],
    ['HTML with the name of an image', '<html><script>alert(1)</script>', 'a.png'],
    ['an executable', Buffer.from('4d5a90000300000004000000ffff0000', 'hex'), 'a.exe'],
  ])('is a download of no type if it is %s', async (_, content, name) => {
    const { headers, bytes } = await stored(content, name);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(bytes.equals(Buffer.from(content))).toBe(true);
  });

  it('is what its first bytes say, and runs nothing, if it is two things at once', async () => {
    const html = '<script>alert(1)</script>';
    const jpeg = Buffer.concat([await picture().jpeg().toBuffer(), Buffer.from(html)]);
    const gif = Buffer.from(`GIF89a/*${html}*/=1`);
    for (const [content, type] of [
      [jpeg, 'image/jpeg'],
      [gif, 'image/gif'],
    ] as const) {
      const { headers } = await stored(content, 'a.html');
      expect(headers.get('content-type')).toBe(type);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; frame-ancestors 'none'; sandbox",
      );
    }
  });

  it('is offered as a download, as it came, if it is HEIC', async () => {
    const heic = Buffer.concat([
      Buffer.from('00000018667479706865696300000000', 'hex'),
      Buffer.from('heicmif1'),
      Buffer.alloc(100),
    ]);
    const { headers, bytes } = await stored(heic, 'IMG_0001.HEIC');
    expect(headers.get('content-type')).toBe('image/heic');
    expect(headers.get('content-disposition')).toMatch(/^attachment/);
    expect(bytes.equals(heic)).toBe(true);
  });

  it('is refused if it is an image that cannot be read', async () => {
    const answer = await attach(
      Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.from('<html>')]),
    );
    expect(answer).toBeProblem('attachment.unreadable-image');
  });

  it('is never decoded if it has too many pixels', async () => {
    // With metadata to remove it is refused; without, it is stored, and has no preview.
    expect(await attach(bomb(50_000, [Buffer.from('Comment\0a')]))).toBeProblem(
      'attachment.unreadable-image',
    );
    const answer = await attach(bomb(50_000));
    expect(answer.status).toBe(201);
    expect(await service.get(`${answer.headers.get('location')!}?preview=640`)).toBeProblem(
      'attachment.no-preview',
    );
  });

  it('has a preview if it is an image: smaller, turned, and not sent twice', async () => {
    const location = (await attach(await picture(2_000, 1_000).jpeg().toBuffer())).headers.get('location')!;
    const preview = await get(`${location}?preview=640`);
    expect(preview.status).toBe(200);
    expect(preview.headers.get('content-type')).toBe('image/webp');
    expect(preview.headers.get('content-disposition')).toMatch(/^inline; filename="?a\.jpg\.webp"?$/);
    expect(await sharp(preview.bytes).metadata()).toMatchObject({ format: 'webp', width: 640, height: 320 });
    const tag = preview.headers.get('etag')!;
    expect(tag).toMatch(/^"[0-9a-f]{64}-640"$/);
    expect((await get(`${location}?preview=640`, { 'If-None-Match': tag })).status).toBe(304);
    expect((await get(`${location}?preview=640`)).bytes.equals(preview.bytes)).toBe(true);
    const text = (await attach('text', 'a.txt')).headers.get('location')!;
    expect(await service.get(`${text}?preview=640`)).toBeProblem('attachment.no-preview');
  });
});
