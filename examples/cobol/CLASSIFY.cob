      *> Codes for a file of declarations, as legacy customs programs
      *> keep them: records of fixed length in, records out.
      *>
      *>   cobc -x CLASSIFY.cob -L/usr/local/lib -lhscode
      *>   DD_GOODS=goods.dat DD_CODES=codes.dat ./CLASSIFY
      *>
      *> No pointers: hscode_classify_simple and hscode_check_simple
      *> fill the fields they are given.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. CLASSIFY.

       ENVIRONMENT DIVISION.
       INPUT-OUTPUT SECTION.
       FILE-CONTROL.
           SELECT GOODS-FILE ASSIGN TO GOODS
               ORGANIZATION IS SEQUENTIAL
               FILE STATUS IS GOODS-STATUS.
           SELECT CODES-FILE ASSIGN TO CODES
               ORGANIZATION IS SEQUENTIAL
               FILE STATUS IS CODES-STATUS.

       DATA DIVISION.
       FILE SECTION.
      *> 100 bytes: the item, the description, one byte to end a line.
       FD  GOODS-FILE.
       01  GOODS-RECORD.
           05  GOODS-ITEM              PIC X(12).
           05  GOODS-DESCRIPTION       PIC X(87).
           05  FILLER                  PIC X(01).
       FD  CODES-FILE.
       01  CODES-RECORD.
           05  CODES-ITEM              PIC X(12).
           05  FILLER                  PIC X(01).
           05  CODES-CODE              PIC X(10).
           05  FILLER                  PIC X(01).
           05  CODES-SCORE             PIC 9.9999.
           05  FILLER                  PIC X(01).
           05  CODES-ACTION            PIC X(08).
           05  CODES-LINE-END          PIC X(01).

       WORKING-STORAGE SECTION.
       01  GOODS-STATUS                PIC XX.
       01  CODES-STATUS                PIC XX.
       01  AT-END-SWITCH               PIC X VALUE "N".
           88  AT-END-OF-GOODS         VALUE "Y".
       01  COUNTS.
           05  COUNT-READ              PIC 9(7) VALUE ZERO.
           05  COUNT-DECLARED          PIC 9(7) VALUE ZERO.
           05  COUNT-ASKED             PIC 9(7) VALUE ZERO.

      *> What the library is given and fills. size_t is 8 bytes.
       01  HS-LENGTH                   BINARY-DOUBLE UNSIGNED.
       01  HS-STATUS                   BINARY-LONG.
       01  HS-CODE                     PIC X(16).
       01  HS-SCORE                    COMP-1.
       01  HS-VERDICT                  BINARY-LONG.
       01  HS-REASON                   BINARY-LONG.
       01  HS-DIGITS                   PIC 99.

       PROCEDURE DIVISION.
       MAIN-PARAGRAPH.
           OPEN INPUT GOODS-FILE.
           IF GOODS-STATUS NOT = "00"
               DISPLAY "GOODS: FILE STATUS " GOODS-STATUS UPON SYSERR
               MOVE 4 TO RETURN-CODE
               STOP RUN
           END-IF.
           OPEN OUTPUT CODES-FILE.
           IF CODES-STATUS NOT = "00"
               DISPLAY "CODES: FILE STATUS " CODES-STATUS UPON SYSERR
               MOVE 4 TO RETURN-CODE
               STOP RUN
           END-IF.
           PERFORM UNTIL AT-END-OF-GOODS
               READ GOODS-FILE
                   AT END SET AT-END-OF-GOODS TO TRUE
                   NOT AT END PERFORM ONE-RECORD
               END-READ
           END-PERFORM.
           CLOSE GOODS-FILE CODES-FILE.
           DISPLAY "READ " COUNT-READ " DECLARED " COUNT-DECLARED
               " ASKED " COUNT-ASKED.
           STOP RUN.

       ONE-RECORD.
           ADD 1 TO COUNT-READ.
           MOVE SPACES TO CODES-RECORD.
           MOVE GOODS-ITEM TO CODES-ITEM.
           MOVE ZERO TO CODES-SCORE.
           MOVE LENGTH OF GOODS-DESCRIPTION TO HS-LENGTH.
           CALL STATIC "hscode_classify_simple" USING
               BY REFERENCE GOODS-DESCRIPTION
               BY VALUE HS-LENGTH
               BY REFERENCE HS-CODE
               BY REFERENCE HS-SCORE
               RETURNING HS-STATUS
           END-CALL.
           IF HS-STATUS NOT = 0
               MOVE "BAD TEXT" TO CODES-ACTION
               ADD 1 TO COUNT-ASKED
           ELSE
               PERFORM DECIDE
           END-IF.
           MOVE X"0A" TO CODES-LINE-END.
           WRITE CODES-RECORD.

      *> Six digits are a full answer, fewer the heading or chapter
      *> that is sure, none a question to the sender.
       DECIDE.
           MOVE ZERO TO HS-DIGITS.
           INSPECT HS-CODE TALLYING HS-DIGITS
               FOR CHARACTERS BEFORE INITIAL LOW-VALUE.
           IF HS-DIGITS > 0
               MOVE HS-CODE(1:HS-DIGITS) TO CODES-CODE
               COMPUTE CODES-SCORE ROUNDED = HS-SCORE
           END-IF.
           EVALUATE TRUE
               WHEN HS-DIGITS >= 6
                   MOVE "DECLARE" TO CODES-ACTION
                   ADD 1 TO COUNT-DECLARED
               WHEN HS-DIGITS > 0
                   MOVE "ASK MORE" TO CODES-ACTION
                   ADD 1 TO COUNT-ASKED
               WHEN OTHER
                   PERFORM SAY-WHY
                   ADD 1 TO COUNT-ASKED
           END-EVALUATE.

       SAY-WHY.
           MOVE "PERSON" TO CODES-ACTION.
           CALL STATIC "hscode_check_simple" USING
               BY REFERENCE GOODS-DESCRIPTION
               BY VALUE HS-LENGTH
               BY REFERENCE HS-VERDICT
               BY REFERENCE HS-REASON
               RETURNING HS-STATUS
           END-CALL.
           IF HS-STATUS = 0 AND HS-VERDICT = 2
               MOVE "VAGUE" TO CODES-ACTION
           END-IF.
