import { ValidateWith } from './rules.js';

/** A URL of http or https without credentials, a query or a fragment, such as `https://incidents.example`. */
export const IsPublicUrl = () =>
  ValidateWith('isPublicUrl', (value) => {
    const url = URL.parse(String(value));
    const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
    const isPlain = isHttp && !url.username && !url.password && !/[?#]/.test(String(value));
    return isPlain ? undefined : 'must be a URL such as https://incidents.example, without a query';
  });
