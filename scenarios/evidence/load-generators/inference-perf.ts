import type { DocumentFormat, RequestRecord } from '../request-record.ts'
import { JsonNode, SECONDS } from './json-node.ts'
import { sentRequest } from './sent-request.ts'

/**
 * The requests of inference-perf, of all its stages: `per_request_lifecycle_metrics` of
 * inference_perf/reportgen/base.py (commit 010d12f), with InferenceInfo of apis/base.py (commit
 * 03e89d4). The file does not have their planned times. Times count from the start of the host.
 */
export const inferencePerf: DocumentFormat = {
  kind: 'document',
  name: 'inference-perf',
  title: 'inference-perf, per_request_lifecycle_metrics.json',
  latencyFrom: 'sent',
  looksLike: (beginning) =>
    /^\s*\[\s*\{\s*"start_time"\s*:[^,{}[\]]*,\s*"end_time"\s*:/.test(beginning),
  records: recordsOf,
}

function* recordsOf(document: unknown): Generator<RequestRecord> {
  for (const request of new JsonNode(document).items()) yield recordOf(request)
}

function recordOf(request: JsonNode): RequestRecord {
  const info = request.field('info')
  // what multimodal versions have in `response_metrics` was in `info` before
  const response = info.field('response_metrics').or(info)
  const usage = response.field('server_usage')
  const computed = request.field('computed_metrics')
  const adapter = info.field('lora_adapter').value
  const sentMs = request.field('start_time').ms(SECONDS)
  const tokens = response.field('output_token_times')
  const first = !tokens.absent && tokens.size() > 0 ? tokens.item(0) : null
  return sentRequest(request, {
    sentMs,
    firstTokenMs:
      first?.ms(SECONDS) ?? sentMs + computed.field('time_to_first_token').msOrNaN(SECONDS),
    endMs: request.field('end_time').ms(SECONDS),
    inputTokens: info.field('input_tokens').or(computed.field('input_tokens')).tokensOrNaN(),
    // the server counts exactly; the tool counts the text again
    outputTokens: usage
      .field('completion_tokens')
      .or(usage.field('output_tokens'))
      .or(response.field('output_tokens'))
      .or(computed.field('output_tokens'))
      .tokensOrNaN(),
    ok: request.field('error').absent,
    kind: typeof adapter === 'string' ? adapter : null,
  })
}
