"""``python -m benchmarks.claims``; processes of its own import `running`, which a ``__main__`` cannot be."""

from benchmarks.claims.running import main

if __name__ == "__main__":
    main()
