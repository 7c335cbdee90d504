() => {
    // Ctrl+Enter or Cmd+Enter in any of the three boxes of the conversation presses "Suggest".
    document.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        if (!event.target.closest?.('#post, #history, #reply')) return;
        event.preventDefault();
        document.querySelector('#suggest')?.click();
    });
    // Gradio's accordion does not tell screen readers whether it is open.
    const fold = () => {
        const button = document.querySelector('#earlier > button');
        const content = button?.nextElementSibling;
        if (button) button.setAttribute('aria-expanded', String(getComputedStyle(content).display !== 'none'));
    };
    fold();
    document.addEventListener('click', () => setTimeout(fold));
}
