import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * Classes for the requests and responses of an Express application, which Node instantiates (the options `IncomingMessage`
 * and `ServerResponse` of `createServer`).
 *
 * Express sets the prototype of each request and response to `app.request` and `app.response`, which an application may
 * override (https://expressjs.com/en/guide/overriding-express-api.html). V8 then discards the hidden class of the object, and
 * every later access to it is slow: that was 120 of the 160 µs of a plain route. Here both are the prototypes of these
 * classes, so that setting them changes nothing. This is the one file that depends on how Express uses prototypes; without it,
 * everything works, slower.
 */
export function expressMessages(app: Express): {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
} {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(ExpressRequest.prototype, app.request);
  Object.setPrototypeOf(ExpressResponse.prototype, app.response);
  app.request = ExpressRequest.prototype as typeof app.request;
  app.response = ExpressResponse.prototype as typeof app.response;
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse };
}
