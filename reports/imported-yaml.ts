import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import { visibleJson, visibleLine } from '../scenarios/index.ts'
import type { Evidence } from '../sim/documents/index.ts'

/** An imported scenario as a file: what limits its use stands above it as comments. */
export function importedYaml(scenario: object, { command, warnings }: Evidence): string {
  const document = new Document(scenario)
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key)) return
      if (['columns', 'fitted', 'think_time_s'].includes(String(key.value)) && isMap(value)) {
        value.flow = true
      }
      if (isSeq(value) && ['sizes', 'ms', 'quantiles'].includes(String(key.value))) {
        value.flow = true
      }
      if (!isSeq(value) || !['alternatives', 'schedule'].includes(String(key.value))) return
      for (const law of value.items) if (isMap(law)) law.flow = true
    },
    Scalar: (_, scalar) => {
      const text = scalar.value
      if (typeof text === 'string' && visibleLine(text) !== text) scalar.type = 'QUOTE_DOUBLE'
    },
  })
  const head = [
    command,
    'evidence.json says what each value rests on.',
    ...warnings.map((text) => `Note: ${text}.`),
  ]
  const comments = head.map((line) => `# ${visibleLine(line)}\n`).join('')
  return comments + visibleJson(document.toString({ lineWidth: 0 }))
}
