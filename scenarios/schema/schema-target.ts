import * as z from 'zod'
import { count, lazy, positive } from './schema-values.ts'
import { variable } from './target-headers.ts'

/** Headers that Spillway or the connection states. */
const SENT_HEADERS = [
  'accept',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'inference-header-content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Token ids. */
const MOST_TOKENS = 2 ** 24
/** In every tokenizer in use. */
export const PLAIN_VOCABULARY = 1000

/** Of a header that is not part of how a call is sent. */
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'the name of a header: letters, digits and -')
  .refine(
    (text) => !SENT_HEADERS.includes(text.toLowerCase()),
    `no header that belongs to the protocol (${SENT_HEADERS.join(', ')})`,
  )

/** A server that runs the batches of a pool, or all of it, in place of this machine. */
export const target = lazy(() =>
  z
    .strictObject({
      kind: z
        .enum(['oip', 'openai'])
        .default('oip')
        .describe(
          'The protocol: `oip` is the Open Inference Protocol over HTTP (KServe v2), `openai` are ' +
            'completions of OpenAI as streams (POST /v1/completions), for pools that generate.',
        ),
      role: z
        .enum(['executor', 'server'])
        .default('server')
        .describe(
          'What the server does: an `executor` runs one batch a call, and Spillway queues and forms ' +
            'batches. It has to take batches, so that its own batching is off. A `server` gets each ' +
            'request on its own, and queues and forms batches itself: the pool states what is ' +
            'believed of it, which simulations use and replays do not.',
        ),
      url: z
        .string()
        .max(2000)
        .describe('The address of the server, with the prefix of its paths where it has one.')
        .meta({ examples: ['http://127.0.0.1:8000'] }),
      model: z
        .string()
        .min(1)
        .max(500)
        .optional()
        .describe('The name of the model on the server; by default its name in `models`.')
        .meta({ examples: ['resnet50'] }),
      version: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe(
          'The version of the model on the server, of `oip`; by default the one it chooses.',
        )
        .meta({ examples: ['1'] }),
      vocabulary: count
        .max(MOST_TOKENS)
        .optional()
        .describe(
          'Token ids of prompts are below this, of `openai`; by default the vocabulary that the ' +
            `model states in \`models\`, or else ${PLAIN_VOCABULARY}.`,
        )
        .meta({ examples: [32_000] }),
      headers: z
        .record(headerName, z.string().min(1).max(4000))
        .optional()
        .describe(
          `Headers of each call. ${variable('NAME')} in a value is the environment variable NAME when ` +
            'the call is made, so that no key is in a scenario or in what Spillway writes.',
        )
        .meta({ examples: [{ authorization: `Bearer ${variable('API_KEY')}` }] }),
      connections: count
        .max(1024)
        .default(64)
        .describe(
          'The most requests at once that a replay sends to a `server`, each on a connection. Where ' +
            'more are due, they are late, and the replay does not count.',
        ),
      timeout_s: positive
        .max(3600)
        .default(30)
        .describe('How long an answer may take, s; what takes longer has failed.'),
    })
    .describe(
      'A server that runs the batches of calibrations and replays, in place of ONNX Runtime here. ' +
        'In calibrations, and as an `executor`, each replica has one connection to it. It has no ' +
        'effect on simulations but that its measured times are a profile of their own.',
    ),
)
