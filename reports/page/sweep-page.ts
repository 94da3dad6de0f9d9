import type { Sweep } from '../../sim/documents/index.ts'
import { ranked, sweepAnswer, sweepCells } from '../tables/sweep-rows.ts'
import { documentPage } from './document-page.ts'
import { html, isolated } from './html.ts'
import { textTable } from './trace-page.ts'

export async function sweepHtml(sweep: Sweep): Promise<string> {
  const body = html`<h1>${isolated(sweep.scenario.name)}</h1><p>${sweepAnswer(sweep)}</p>${textTable(sweepCells(sweep, ranked(sweep)))}`
  return documentPage(`${sweep.scenario.name} – Spillway sweep`, body)
}
