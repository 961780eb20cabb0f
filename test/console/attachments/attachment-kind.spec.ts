import { kindOf } from '../../../console/src/attachments/attachment-kind.js';
import { CONTENT_TYPES, isInline } from '../../../src/domain/attachments/content-types.js';

describe('the console', () => {
  it.each([...Object.keys(CONTENT_TYPES), 'application/octet-stream'])(
    'shows or plays what the service offers for that: %s',
    (type) => {
      expect(kindOf(type) !== 'file').toBe(isInline(type));
    },
  );

  it.each([
    ['image/jpeg', 'image'],
    ['video/quicktime', 'video'],
    ['audio/ogg', 'audio'],
    ['image/heic', 'file'],
    ['application/pdf', 'file'],
  ])('takes %s for: %s', (type, kind) => {
    expect(kindOf(type)).toBe(kind);
  });
});
