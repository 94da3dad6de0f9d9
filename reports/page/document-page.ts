import { type Html, html, unmarked } from './html.ts'
import { PAGE_STYLE } from './page-style.ts'

/** A page as one HTML file, which needs neither network nor scripts. */
export function documentPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${unmarked(title)}</title>
<style>${{ html: PAGE_STYLE }}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`.html
}
