import { crc32, deflateSync } from 'node:zlib';

/** A file of the demo, which is the same each time. */
export interface DemoFile {
  readonly name: string;
  readonly bytes: () => Buffer;
}

type Color = readonly [red: number, green: number, blue: number];

/** The colour of a pixel. */
type Painting = (x: number, y: number) => Color;

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** 8 bits a channel, red, green and blue, not interlaced (https://www.w3.org/TR/png-3/#11IHDR). */
const RGB = [8, 2, 0, 0, 0];

/** A PNG image: a library for images would be a large dependency for a few rectangles. */
function png(width: number, height: number, painting: Painting): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(RGB, 8);
  // Each row begins with the number of its filter: 0 is none.
  const rowBytes = 1 + width * 3;
  const rows = Buffer.alloc(height * rowBytes);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(painting(x, y), y * rowBytes + 1 + x * 3);
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, crc]);
}

const SAMPLE_RATE = 8_000;

/** A sound of 8 bits a sample, one channel. @param sampleAt from -1 to 1, at a time in seconds. */
function wav(seconds: number, sampleAt: (second: number) => number): Buffer {
  const sample = (n: number) => 128 + Math.round(100 * sampleAt(n / SAMPLE_RATE));
  const samples = Buffer.from(Array.from({ length: seconds * SAMPLE_RATE }, (_, n) => sample(n)));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  // PCM, one channel.
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

const WIDTH = 480;
const HEIGHT = 360;

/** The display of a scooter: a red warning on black, and an empty battery. */
const scooterDisplay: Painting = (x, y) => {
  if (x > 200 && x < 280 && y > 60 && y < 180 && Math.abs(x - 240) < (y - 60) / 3) return [214, 60, 48];
  if (y > 260 && y < 300 && x > 140 && x < 340) return x < 165 ? [214, 60, 48] : [44, 50, 60];
  return [14, 17, 22];
};

/** A receipt, with the same lines twice. */
const receipt: Painting = (x, y) => {
  const copyY = y % (HEIGHT / 2);
  if (x < 90 || x > 390) return [122, 110, 96];
  const isInk =
    copyY > 20 && copyY % 22 < 9 && x > 120 && x < 200 + ((Math.floor(copyY / 22) * 61) % 160) && x % 9 < 6;
  return isInk ? [60, 60, 60] : [250, 250, 247];
};

/** A street with a scooter across a lane. */
const street: Painting = (x, y) => {
  if (y < 110) return [168, 196, 222];
  if (Math.abs(y - 240) < 4 && x % 60 < 36) return [236, 236, 230];
  if (Math.abs(x - 240 - (y - 200) * 1.6) < 14 && y > 160 && y < 250) return [230, 150, 30];
  return [92, 96, 102];
};

/** What people photograph of scooters. */
export const SCOOTER_FILES: readonly DemoFile[] = [
  { name: 'дисплей.png', bytes: () => png(WIDTH, HEIGHT, scooterDisplay) },
  { name: 'на дороге.png', bytes: () => png(WIDTH, HEIGHT, street) },
];

/** What shops send: a photo, the sound of a printer, and its log. */
export const SHOP_FILES: readonly DemoFile[] = [
  { name: 'receipt.png', bytes: () => png(WIDTH, HEIGHT, receipt) },
  {
    name: 'printer.wav',
    bytes: () => wav(2, (second) => Math.sin(second * 2_200) * (second % 0.25 < 0.12 ? 0.5 : 0)),
  },
  {
    name: 'printer.log',
    bytes: () =>
      Buffer.from('10:41:07 job 2113: printed\n10:41:09 job 2113: printed\n10:43:40 job 2114: printed\n'),
  },
];
