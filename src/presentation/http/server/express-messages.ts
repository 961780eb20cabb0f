import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * The classes of the requests and responses of an Express application, for Node to make them with.
 *
 * Express sets the prototype of each request and response to `app.request` and `app.response` when it arrives
 * (https://expressjs.com/en/guide/overriding-express-api.html). V8 then drops what it knows of the shape of the object, and every
 * later access to it is slow: that was 120 of the 160 µs of a plain route. On an object that already has that prototype
 * it changes nothing.
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
