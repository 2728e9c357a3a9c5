/** Elements of the page. Text goes in as text, never as markup. */

type Given = Readonly<Record<string, string | number | boolean | null>>

/** A new element; `text` is its text, `test` its `data-testid`, a boolean sets or leaves out an attribute. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, given: Given = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(given)) {
    if (name === 'text') made.textContent = String(value)
    else if (name === 'test') made.dataset['testid'] = String(value)
    else if (value === true) made.setAttribute(name, '')
    else if (value !== false && value !== null) made.setAttribute(name, String(value))
  }
  made.append(...children)
  return made
}

/** A button that does something. It does not keep the focus: space and arrows are for walking. */
export function button(label: string, test: string, does: () => void, more: Given = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', text: label, test, ...more })
  made.addEventListener('click', () => {
    made.blur()
    does()
  })
  return made
}
