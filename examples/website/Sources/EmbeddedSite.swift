// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The site in `examples/website/site`, built into the program so that one file is all there is to
/// deploy. A test holds the two against each other.
struct EmbeddedSite: Site {
  func entry(at path: String) -> SiteEntry {
    switch path {
    case "/", "/index.html": .file(ByteBuffer(string: Self.index))
    case "/style.css": .file(ByteBuffer(string: Self.style))
    default: .nothing
    }
  }

  private static let index = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>A static site on Tendon</title>
    <link rel="stylesheet" href="/style.css">
    </head>
    <body>
    <header>
      <svg viewBox="0 0 120 40" aria-hidden="true">
        <path d="M4 20 C 30 0, 40 40, 60 20 S 96 0, 116 20" />
        <path d="M4 20 C 30 40, 40 0, 60 20 S 96 40, 116 20" />
      </svg>
      <p class="kicker">Static site</p>
      <h1>Served by several instances,<br>on several hosts.</h1>
      <p class="lead">This page comes from one of them. If its host loses power, another one answers a few
      seconds later. 静态网站，同样可靠。</p>
    </header>
    <main>
      <article>
        <h2>Limits that hold</h2>
        <p>Each instance runs in a control group of its own. What it reserves is kept free for it; what it may
        use at most is enforced by the kernel and read back.</p>
      </article>
      <article>
        <h2>Resized while it runs</h2>
        <p>CPU and memory change under a running process. Nothing is restarted, no connection is lost.</p>
      </article>
      <article>
        <h2>Moved when a host dies</h2>
        <p>Hosts report over UDP four times a second. One that falls silent is replaced, and only its instances
        are moved.</p>
      </article>
    </main>
    <footer>Try <a href="/healthz">/healthz</a>, or deploy the dynamic site beside this one.</footer>
    </body>
    </html>

    """#

  private static let style = #"""
    :root {
      color-scheme: light dark;
      --paper: #f7f5f0;
      --ink: #1d2430;
      --soft: #5c6675;
      --accent: #b4532a;
      --card: #ffffff;
    }

    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #10151f;
        --ink: #e8edf5;
        --soft: #8fa3bf;
        --accent: #f0986b;
        --card: #19202d;
      }
    }

    * { box-sizing: border-box; }

    body {
      margin: 0 auto;
      max-width: 62rem;
      padding: 4rem 1.5rem 3rem;
      background: var(--paper);
      color: var(--ink);
      font: 18px/1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", sans-serif;
    }

    svg { width: 9rem; fill: none; stroke: var(--accent); stroke-width: 3; stroke-linecap: round; }

    .kicker {
      margin: 1.5rem 0 .5rem;
      color: var(--accent);
      font-size: .85rem;
      font-weight: 600;
      letter-spacing: .12em;
      text-transform: uppercase;
    }

    h1 { margin: 0; font-size: clamp(2rem, 5vw, 3.4rem); line-height: 1.1; letter-spacing: -.02em; }

    .lead { max-width: 38rem; color: var(--soft); font-size: 1.2rem; }

    main { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1.2rem; }

    article { padding: 1.4rem 1.6rem; border-radius: .8rem; background: var(--card); }

    h2 { margin: 0 0 .4rem; font-size: 1.15rem; }

    article p { margin: 0; color: var(--soft); }

    footer { margin-top: 3rem; color: var(--soft); font-size: .95rem; }

    a { color: var(--accent); }

    """#
}
