import { variantsHtml, variantsText } from '../../reports/index.ts'
import { best, type Variants, variantsSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const variantsKind: DocumentKind<Variants> = {
  written: 'What `variants` prints with `--json` and writes as variants.json.',
  schema: variantsSchema,
  file: 'variants',
  text: variantsText,
  page: variantsHtml,
  /** of the variant that does best, as one of them is to be chosen */
  verdict({ variants, measured }) {
    if (measured?.audit.verdict === 'FAIL') return 'FAIL'
    return best(variants.flatMap(({ row }) => row.verdict ?? []))
  },
}
