export const init: (element: HTMLElement, theme: null, options: { renderer: "canvas" | "svg" }) => any;
