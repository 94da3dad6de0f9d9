import type { DocumentFormat, RequestRecord } from '../request-record.ts'
import { JsonNode, NANOSECONDS, onlyItem } from './json-node.ts'
import { sentRequest } from './sent-request.ts'

/**
 * The requests that perf_analyzer exports, also for GenAI-Perf: src/profile_data_exporter.cc
 * (commit 069e403). The file does not have lengths in tokens, planned times, or which answer was an
 * error.
 */
export const genaiPerf: DocumentFormat = {
  kind: 'document',
  name: 'genai-perf',
  title: 'GenAI-Perf or perf_analyzer, profile_export.json',
  latencyFrom: 'sent',
  looksLike: (beginning) =>
    /^\s*\{\s*"experiments"\s*:\s*\[\s*\{\s*"experiment"\s*:/.test(beginning),
  records: recordsOf,
}

function* recordsOf(document: unknown): Generator<RequestRecord> {
  const experiment = onlyItem(new JsonNode(document).field('experiments'), 'experiment')
  for (const request of experiment.field('requests').items()) {
    const responses = request.field('response_timestamps')
    const size = responses.size()
    const time = (index: number) => responses.item(index).ms(NANOSECONDS)
    yield sentRequest(request, {
      sentMs: request.field('timestamp').ms(NANOSECONDS),
      // a single response is not streamed
      firstTokenMs: size > 1 ? time(0) : Number.NaN,
      endMs: size > 0 ? time(size - 1) : Number.NaN,
      ok: size > 0,
    })
  }
}
