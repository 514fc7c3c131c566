import type { Response } from 'express';

/** Loki's type of JSON answers, with the line end its encoder writes. */
export function sendJson(response: Response, body: unknown): void {
  sendJsonText(response, JSON.stringify(body));
}

export function sendJsonText(response: Response, text: string): void {
  response.set('Content-Type', 'application/json; charset=UTF-8');
  response.end(`${text}\n`);
}
