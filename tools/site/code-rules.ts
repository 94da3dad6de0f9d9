import type { MarkdownRenderer } from 'vitepress'

/** How code is shown, beyond its colours. */
export function codeRules(md: MarkdownRenderer): void {
  // a block that begins with "yaml mine.yaml" is labelled with the name of the file
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (...given) => {
    const [tokens, index] = given
    const [, name] = /^\w+ ([\w-]+\.\w+)$/.exec(tokens[index]!.info.trim()) ?? []
    const block = fence(...given)
    return name === undefined ? block : block.replace(/(?<=<span class="lang">)[^<]*/, name)
  }

  // a block that is indented is one as well
  md.renderer.rules.code_block = (tokens, index, ...others) => {
    tokens[index]!.info = 'text'
    return md.renderer.rules.fence!(tokens, index, ...others)
  }

  // JSON without spaces would make its column of a table as wide as itself
  const inline = md.renderer.rules.code_inline!
  md.renderer.rules.code_inline = (...given) => inline(...given).replaceAll(/,(?=\S)/g, ',<wbr>')
}
